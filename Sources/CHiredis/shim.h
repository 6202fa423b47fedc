#pragma once

/* The protocol only: commands are formatted and replies are read here, the socket is somebody else's. */

#include <hiredis/hiredis.h>
#include <hiredis/read.h>
