/** RESP2 and RESP3 on the wire: bytes to requests, replies to bytes. No store, no channel. */
@NullMarked
package io.swytch.resp;

import org.jspecify.annotations.NullMarked;
