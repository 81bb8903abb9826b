/** The same commands on Swytch and on a real redis-server, their replies compared byte for byte. */
@NullMarked
package io.swytch.differential;

import org.jspecify.annotations.NullMarked;
