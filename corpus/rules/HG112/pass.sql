-- AppendOption gets another prototype, and only redirected code calls it: the hotpatch image brings its own callers and callee.
INSERT INTO contract_change VALUES (106, 206, 'prototype', 'void (char *)', 'void (char *, char *)', 0);
