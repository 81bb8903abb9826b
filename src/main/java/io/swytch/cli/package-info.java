/** The command line: flags to settings, the graph of a server built, started and stopped. No logic. */
@NullMarked
package io.swytch.cli;

import org.jspecify.annotations.NullMarked;
