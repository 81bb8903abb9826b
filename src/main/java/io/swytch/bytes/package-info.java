/** Leaf: byte strings, views of memory, numbers and globs. Imports nothing of Swytch. */
@NullMarked
package io.swytch.bytes;

import org.jspecify.annotations.NullMarked;
