/** Databases, typed lookup, expiry, WATCH: what handlers see of the store. */
@NullMarked
package io.swytch.keyspace;

import org.jspecify.annotations.NullMarked;
