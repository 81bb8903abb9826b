package io.swytch.command;

import io.swytch.command.admin.CommandCommands;
import io.swytch.command.admin.ConfigCommands;
import io.swytch.command.admin.InfoCommand;
import io.swytch.command.admin.LatencyCommands;
import io.swytch.command.admin.MemoryCommands;
import io.swytch.command.admin.ServerCommands;
import io.swytch.command.admin.SlowlogCommands;
import io.swytch.command.bitmap.BitmapCommands;
import io.swytch.command.connection.ConnectionCommands;
import io.swytch.command.key.DatabaseCommands;
import io.swytch.command.key.ExpiryCommands;
import io.swytch.command.key.KeyCommands;
import io.swytch.command.key.ObjectCommands;
import io.swytch.command.key.WalkCommands;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.string.StringCommands;
import io.swytch.command.txn.TransactionCommands;
import java.util.List;

/** The list of families: what Swytch can do. */
public final class Families {
    public static final List<CommandFamily> ALL = List.of(
            StringCommands.FAMILY,
            BitmapCommands.FAMILY,
            KeyCommands.FAMILY,
            ExpiryCommands.FAMILY,
            WalkCommands.FAMILY,
            ObjectCommands.FAMILY,
            DatabaseCommands.FAMILY,
            TransactionCommands.FAMILY,
            ConnectionCommands.FAMILY,
            ServerCommands.FAMILY,
            InfoCommand.FAMILY,
            ConfigCommands.FAMILY,
            CommandCommands.FAMILY,
            SlowlogCommands.FAMILY,
            LatencyCommands.FAMILY,
            MemoryCommands.FAMILY);

    private Families() {}
}
