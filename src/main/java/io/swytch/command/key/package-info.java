/** Commands on keys whatever they hold: deleting, expiry, renaming, walking, databases. */
@NullMarked
package io.swytch.command.key;

import org.jspecify.annotations.NullMarked;
