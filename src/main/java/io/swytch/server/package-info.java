/** Netty: addresses, connections, the tick, back-pressure, ordered stop. Knows that bytes arrive, not what they mean. */
@NullMarked
package io.swytch.server;

import org.jspecify.annotations.NullMarked;
