#include "tls_sessions.h"

#include <CNIOBoringSSL.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { most_kept = 8 };

/// What is kept beside a context.
struct sessions {
    pthread_mutex_t lock;
    int count;
    /// The newest comes last.
    SSL_SESSION *kept[most_kept];
};

static pthread_once_t registration = PTHREAD_ONCE_INIT;
/// Where a context has its sessions; negative: nowhere, for want of memory.
static int place = -1;

static void forget(struct sessions *sessions) {
    pthread_mutex_lock(&sessions->lock);
    while (sessions->count > 0) SSL_SESSION_free(sessions->kept[--sessions->count]);
    pthread_mutex_unlock(&sessions->lock);
}

/// The context is gone.
static void end(void *context, void *value, CRYPTO_EX_DATA *data, int index, long number, void *argument) {
    (void)context, (void)data, (void)index, (void)number, (void)argument;
    struct sessions *sessions = value;
    if (sessions == NULL) return;
    forget(sessions);
    pthread_mutex_destroy(&sessions->lock);
    free(sessions);
}

static void find_place(void) {
    place = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, end);
}

static struct sessions *sessions_of(const SSL_CTX *context) {
    return SSL_CTX_get_ex_data(context, place);
}

/// The provider has given a session, which is ours from now on.
static int keep(SSL *connection, SSL_SESSION *session) {
    struct sessions *sessions = sessions_of(SSL_get_SSL_CTX(connection));
    pthread_mutex_lock(&sessions->lock);
    if (sessions->count == most_kept) {
        SSL_SESSION_free(sessions->kept[0]);
        sessions->count--;
        memmove(&sessions->kept[0], &sessions->kept[1], sizeof(sessions->kept[0]) * sessions->count);
    }
    sessions->kept[sessions->count++] = session;
    pthread_mutex_unlock(&sessions->lock);
    return 1;
}

/// By BoringSSL's own rule, which would not resume it either.
static bool has_expired(const SSL_SESSION *session) {
    const uint64_t now = (uint64_t)time(NULL), start = SSL_SESSION_get_time(session);
    return now < start || now - start >= SSL_SESSION_get_timeout(session);
}

/// The newest session that has not expired, or NULL; to be freed. It stays only where it may be used more than once:
/// whoever listens could tell by a TLS 1.3 ticket used twice that the two connections belong together.
static SSL_SESSION *take(struct sessions *sessions) {
    SSL_SESSION *taken = NULL;
    pthread_mutex_lock(&sessions->lock);
    while (taken == NULL && sessions->count > 0) {
        SSL_SESSION *newest = sessions->kept[sessions->count - 1];
        if (has_expired(newest)) {
            SSL_SESSION_free(newest);
            sessions->count--;
        } else {
            if (SSL_SESSION_should_be_single_use(newest)) sessions->count--;
            else SSL_SESSION_up_ref(newest);
            taken = newest;
        }
    }
    pthread_mutex_unlock(&sessions->lock);
    return taken;
}

/// Verifies the certificates of the session to be resumed as those of a full handshake are. BoringSSL does so itself
/// (`SSL_CTX_set_reverify_on_resume`) only for those that bring a whole verification of their own.
static bool is_trusted(SSL *connection) {
    STACK_OF(X509) *chain = SSL_get_peer_full_cert_chain(connection);
    if (chain == NULL || sk_X509_num(chain) == 0) return false;
    X509_STORE *roots = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(connection));
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    const bool trusted = check != NULL
        && X509_STORE_CTX_init(check, roots, sk_X509_value(chain, 0), chain)
        && X509_STORE_CTX_set_default(check, "ssl_server")
        && X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(check), SSL_get0_param(connection))
        && X509_verify_cert(check) > 0;
    X509_STORE_CTX_free(check);
    // What is left in the queue would be taken for an error of the handshake.
    ERR_clear_error();
    return trusted;
}

/// Called at each step of each handshake; the first is the only moment at which a session may be set.
static void observe(const SSL *observed, int event, int value) {
    (void)value;
    // BoringSSL ends the process where a session is set for a handshake that is not the first of its connection.
    if (event != SSL_CB_HANDSHAKE_START || SSL_is_server(observed) || SSL_total_renegotiations(observed) > 0) return;
    SSL *connection = (SSL *)observed;
    struct sessions *sessions = sessions_of(SSL_get_SSL_CTX(connection));
    SSL_SESSION *session = take(sessions);
    if (session == NULL) return;
    SSL_set_session(connection, session);
    SSL_SESSION_free(session);
    if (!is_trusted(connection)) {
        // A full handshake then says what is the matter. The other sessions were given under the same certificates.
        SSL_set_session(connection, NULL);
        forget(sessions);
    }
}

bool weir_tls_sessions_keep(SSL_CTX *context) {
    pthread_once(&registration, find_place);
    if (place < 0 || SSL_CTX_get_info_callback(context) != NULL || SSL_CTX_sess_get_new_cb(context) != NULL) return false;
    struct sessions *sessions = calloc(1, sizeof(struct sessions));
    if (sessions == NULL) return false;
    if (pthread_mutex_init(&sessions->lock, NULL) != 0 || !SSL_CTX_set_ex_data(context, place, sessions)) {
        free(sessions);
        return false;
    }
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep);
    SSL_CTX_set_info_callback(context, observe);
    return true;
}

void weir_tls_sessions_forget(SSL_CTX *context) {
    struct sessions *sessions = sessions_of(context);
    if (sessions != NULL) forget(sessions);
}
