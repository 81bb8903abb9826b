/** The dispatcher: from a parsed request to its reply; and what it agrees with the server on. */
@NullMarked
package io.swytch.command;

import org.jspecify.annotations.NullMarked;
