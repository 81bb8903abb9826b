/** Commands about the server: settings, figures, saving, introspection. */
@NullMarked
package io.swytch.command.admin;

import org.jspecify.annotations.NullMarked;
