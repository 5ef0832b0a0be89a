// What ThreadSanitizer reports of this program and is none: libuv closes descriptors by a bare
// system call, which TSan does not see. When the acceptor's dup() gets the number of a socket that
// another loop has closed, TSan takes both for one descriptor used without order.
#if defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_suppressions() { return "race:interceptor_dup\n"; }
#endif
