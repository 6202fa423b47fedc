#pragma once

/*
 * What Swift cannot import of libmicrohttpd: its variadic functions, and the flags that are or-ed enumerators of a
 * closed enumeration.
 */

#include <microhttpd.h>

/* How a daemon is to listen. */
struct weir_mhd_settings {
    int listen_socket; /* bound and listening; belongs to libmicrohttpd from here on */
    unsigned int connection_limit;
    unsigned int address_limit;      /* connections of one address; 0: no limit */
    unsigned int inactivity_seconds; /* neither a byte read nor written for so long: closed */
    size_t connection_memory;        /* bytes for the heads of a request and its response */
};

/* What a daemon calls, always on its own thread, with `context` as first argument. */
struct weir_mhd_callbacks {
    void *context;
    void *(*request_line)(void *context, const char *target, struct MHD_Connection *connection);
    MHD_AccessHandlerCallback request;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
};

/* Starts a daemon that uses epoll on a thread of its own. NULL if it cannot be had. */
static inline struct MHD_Daemon *weir_mhd_start(struct weir_mhd_settings settings, struct weir_mhd_callbacks callbacks) {
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        callbacks.request, callbacks.context,
        MHD_OPTION_LISTEN_SOCKET, settings.listen_socket,
        MHD_OPTION_CONNECTION_LIMIT, settings.connection_limit,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings.address_limit,
        MHD_OPTION_CONNECTION_TIMEOUT, settings.inactivity_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings.connection_memory,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_URI_LOG_CALLBACK, callbacks.request_line, callbacks.context,
        MHD_OPTION_NOTIFY_COMPLETED, callbacks.completed, callbacks.context,
        MHD_OPTION_NOTIFY_CONNECTION, callbacks.connection, callbacks.context,
        MHD_OPTION_END);
}

/* The socket of a connection, or -1. */
static inline int weir_mhd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

/* A response whose body is what `next` gives, `block` bytes at the most at once. `end` is called when it is gone. */
static inline struct MHD_Response *weir_mhd_stream(
    size_t block, MHD_ContentReaderCallback next, void *context, MHD_ContentReaderFreeCallback end) {
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, block, next, context, end);
}

/* What `next` returns at the end. */
static inline ssize_t weir_mhd_end_of_stream(void) { return MHD_CONTENT_READER_END_OF_STREAM; }
