// PCRE2's header wants to know the width of a code unit; UTF-8 here.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
