/* What expat's own configure would find out for Windows, as far as its library asks. */
#define BYTEORDER 1234
#define XML_CONTEXT_BYTES 1024
#define XML_DTD 1
#define XML_NS 1
