#ifndef WEIR_TLS_SESSIONS_H
#define WEIR_TLS_SESSIONS_H

#include <stdbool.h>

/// BoringSSL's `SSL_CTX`.
struct ssl_ctx_st;

/// Has the connections that a client makes with `context` offer the sessions that earlier ones were given, so that a
/// handshake can be a short one. At most 8 sessions are kept, the newest; they belong to this context alone and go with it.
/// A TLS 1.3 session is offered once. None is offered that has expired, or whose certificates `context` would not accept
/// now. No early data is sent.
///
/// To be called before the first connection is made; the context may be used on any thread then.
///
/// Returns whether it does so: not without memory, nor where somebody else has set one of the callbacks that it needs.
bool weir_tls_sessions_keep(struct ssl_ctx_st *context);

/// Forgets the sessions kept so far: the next handshake is a full one. On any thread.
void weir_tls_sessions_forget(struct ssl_ctx_st *context);

#endif
