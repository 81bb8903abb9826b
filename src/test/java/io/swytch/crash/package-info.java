/** What an application is promised, whole processes and real clients: acknowledged writes outlive a crash, and common clients work. */
@NullMarked
package io.swytch.crash;

import org.jspecify.annotations.NullMarked;
