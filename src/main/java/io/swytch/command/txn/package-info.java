/** Transactions: MULTI, EXEC, WATCH. */
@NullMarked
package io.swytch.command.txn;

import org.jspecify.annotations.NullMarked;
