/** Commands on the bits of strings. */
@NullMarked
package io.swytch.command.bitmap;

import org.jspecify.annotations.NullMarked;
