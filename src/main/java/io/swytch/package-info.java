/** Swytch: a persistent tiered cache server that speaks Redis and memcached. */
package io.swytch;
