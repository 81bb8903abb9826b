package io.swytch.command.spec;

import java.util.ArrayList;
import java.util.List;

/** The commands of one group, as rows. A family's file opens with its table. */
public record CommandFamily(Group group, List<CommandSpec> commands) {
    /** A family out of its rows. */
    public static CommandFamily family(Group group, CommandSpec.Row... rows) {
        List<CommandSpec> specs = new ArrayList<>();
        for (CommandSpec.Row row : rows) {
            specs.add(row.build(group, null));
        }
        return new CommandFamily(group, List.copyOf(specs));
    }
}
