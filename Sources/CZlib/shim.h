#pragma once

/* zlib, as far as it is used: a buffer deflated as a whole. Its initialisers are macros, which Swift cannot import. */

#include <stdint.h>
#include <zlib.h>

/* The most bytes that `size` bytes can become. */
static inline size_t weir_gzip_bound(size_t size) {
    return deflateBound(NULL, size) + 18; /* for the gzip header and trailer, which it leaves out without a stream */
}

/* Writes `size` bytes in the gzip format (RFC 1952). How many bytes were written; 0 if there was no room or memory. */
static inline size_t weir_gzip(const unsigned char *bytes, size_t size, unsigned char *out, size_t room, int level) {
    z_stream stream = {0};
    if (size > UINT32_MAX || room > UINT32_MAX ||
        deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return 0;
    }
    stream.next_in = (unsigned char *)bytes;
    stream.avail_in = (unsigned int)size;
    stream.next_out = out;
    stream.avail_out = (unsigned int)room;
    int result = deflate(&stream, Z_FINISH);
    size_t written = stream.total_out;
    deflateEnd(&stream);
    return result == Z_STREAM_END ? written : 0;
}
