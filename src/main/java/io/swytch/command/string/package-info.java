/** Commands on strings. */
@NullMarked
package io.swytch.command.string;

import org.jspecify.annotations.NullMarked;
