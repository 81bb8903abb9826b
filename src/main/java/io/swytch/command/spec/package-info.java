/** What a command is: its row in a family's table, its arity, keys, flags; what a handler is given; what a client's session holds. */
@NullMarked
package io.swytch.command.spec;

import org.jspecify.annotations.NullMarked;
