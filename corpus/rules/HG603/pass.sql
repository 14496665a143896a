-- Same process from the first look to the last; what the service manager thinks does not count.
UPDATE lab_process SET service_state = 'unknown';
