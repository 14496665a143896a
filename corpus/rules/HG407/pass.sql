-- More than the base has is no loss; nor is a property that protects nothing.
INSERT INTO image_property VALUES (1, 'nx'), (1, 'tls'), (3, 'nx'), (3, 'guard-cf');
