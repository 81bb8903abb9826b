package io.swytch.command.spec;

import io.swytch.bytes.Slice;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All commands by name. Looking one up is on the way of GET and SET: nothing is allocated.
 *
 * <p>Immutable. Threads: any.
 */
public final class Catalogue {
    /** No command or subcommand has a longer name; longer ones are unknown without a look. */
    private static final int NAME_BYTES_MAX = 32;

    private final Map<String, CommandSpec> byName = new LinkedHashMap<>();
    private final List<CommandSpec> all = new ArrayList<>();
    private final CommandSpec[] table;
    private final int mask;

    public Catalogue(Collection<CommandFamily> families) {
        for (CommandFamily family : families) {
            for (CommandSpec spec : family.commands()) {
                if (byName.put(spec.name(), spec) != null) {
                    throw new IllegalStateException("two rows for " + spec);
                }
                number(spec);
            }
        }
        int size = Integer.highestOneBit(Math.max(16, byName.size()) * 4);
        table = new CommandSpec[size];
        mask = size - 1;
        for (CommandSpec spec : byName.values()) {
            int at = hash(Slice.copyOf(spec.name())) & mask;
            while (table[at] != null) {
                at = at + 1 & mask;
            }
            table[at] = spec;
        }
    }

    private void number(CommandSpec spec) {
        spec.setIndex(all.size());
        all.add(spec);
        spec.subcommands().forEach(this::number);
    }

    /** The command of that name in any mix of cases, or null. A container is found as itself: see {@link #subcommand}. */
    public @Nullable CommandSpec find(Slice name) {
        if (name.length() == 0 || name.length() > NAME_BYTES_MAX) {
            return null;
        }
        int at = hash(name) & mask;
        while (table[at] != null && !name.equalsIgnoreCase(table[at].name())) {
            at = at + 1 & mask;
        }
        return table[at];
    }

    /** As {@link #find(Slice)}, for places that are not hot. */
    public @Nullable CommandSpec find(String name) {
        return byName.get(name.toUpperCase(Locale.ROOT));
    }

    /** The subcommand of that name, or null. */
    public @Nullable CommandSpec subcommand(CommandSpec container, Slice name) {
        List<CommandSpec> subs = container.subcommands();
        for (int i = 0; i < subs.size(); i++) {
            if (name.equalsIgnoreCase(subs.get(i).name())) {
                return subs.get(i);
            }
        }
        return null;
    }

    /** Top-level commands, in the order of their families. */
    public Collection<CommandSpec> commands() {
        return byName.values();
    }

    /** Commands and subcommands; the place of each is its {@link CommandSpec#index()}. */
    public List<CommandSpec> all() {
        return all;
    }

    /** Depends on letters without regard to case. */
    private static int hash(Slice name) {
        int h = name.length();
        for (int i = 0; i < name.length(); i++) {
            h = h * 31 + (name.byteAt(i) & 0xDF);
        }
        return h ^ h >>> 15;
    }
}
