/** Commands about the client's own connection and about those of others. */
@NullMarked
package io.swytch.command.connection;

import org.jspecify.annotations.NullMarked;
