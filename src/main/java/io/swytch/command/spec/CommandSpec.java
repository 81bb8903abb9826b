package io.swytch.command.spec;

import io.swytch.bytes.Slice;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One command: everything that is known of it. COMMAND INFO and DOCS, ACL categories, locks, checks and meters are derived from it.
 *
 * <p>Immutable but for {@link #index()}, which the catalogue gives out once.
 */
public final class CommandSpec {
    private static final List<String> CATEGORIES = List.of(
            ("@keyspace @read @write @set @sortedset @list @hash @string @bitmap @hyperloglog @geo @stream @pubsub"
                            + " @admin @fast @slow @blocking @dangerous @connection @transaction @scripting")
                    .split(" "));

    /** A change in the history of a command. */
    public record Change(String since, String what) {}

    private final String name;
    private final String fullName;
    private final @Nullable CommandSpec parent;
    private final Group group;
    private final Arity arity;
    private final EnumSet<Flag> flags;
    private final long flagBits;
    private final List<KeySpec> keySpecs;
    private final List<String> extraCategories;
    private final List<String> withoutCategories;
    private final List<String> tips;
    private final String syntax;
    private final String since;
    private final String complexity;
    private final String summary;
    private final List<Change> history;
    private final @Nullable String deprecatedSince;
    private final @Nullable String replacedBy;
    private final List<String> docFlags;
    private final List<CommandSpec> subcommands;
    private final @Nullable Handler handler;
    private final LockScope lockScope;
    private final @Nullable Predicate<Call> blindWhen;
    private final Background background;
    private final KeyByKey keyByKey;
    private final @Nullable Predicate<Call> backgroundWhen;
    private final @Nullable Consumer<Call> awaits;
    private final @Nullable Consumer<Call> moreKeys;
    private final boolean immediateInMulti;
    private final @Nullable Predicate<List<Slice>> keyFlagsTest;
    private final Set<KeyFlag> keyFlagsThen;
    private int index = -1;

    private CommandSpec(Row row, Group group, @Nullable CommandSpec parent) {
        name = row.name;
        this.parent = parent;
        fullName = (parent == null ? name : parent.name + "|" + name).toLowerCase(Locale.ROOT);
        this.group = group;
        arity = row.arity;
        flags = row.flags;
        flagBits = flags.stream().mapToLong(Flag::bit).sum();
        keySpecs = List.copyOf(row.keySpecs);
        extraCategories = List.copyOf(row.extraCategories);
        withoutCategories = List.copyOf(row.withoutCategories);
        tips = List.copyOf(row.tips);
        syntax = row.syntax;
        since = row.since;
        complexity = row.complexity;
        summary = row.summary;
        history = List.copyOf(row.history);
        deprecatedSince = row.deprecatedSince;
        replacedBy = row.replacedBy;
        docFlags = List.copyOf(row.docFlags);
        handler = row.handler;
        lockScope = row.lockScope != null ? row.lockScope : keySpecs.isEmpty() ? LockScope.NONE : LockScope.KEYS;
        blindWhen = row.blindWhen;
        background = row.background;
        keyByKey = row.keyByKey;
        backgroundWhen = row.backgroundWhen;
        awaits = row.awaits;
        moreKeys = row.moreKeys;
        immediateInMulti = row.immediateInMulti;
        keyFlagsTest = row.keyFlagsTest;
        keyFlagsThen = row.keyFlagsThen;
        List<CommandSpec> subs = new ArrayList<>();
        for (Row sub : row.subcommands) {
            subs.add(new CommandSpec(sub, group, this));
        }
        subcommands = List.copyOf(subs);
    }

    /** In capitals: {@code GET}, or of a subcommand {@code LIST}. */
    public String name() {
        return name;
    }

    /** As error texts and meters have it: {@code get}, {@code client|list}. */
    public String fullName() {
        return fullName;
    }

    /** The command that this is a subcommand of, or null. */
    public @Nullable CommandSpec parent() {
        return parent;
    }

    public Group group() {
        return group;
    }

    public Arity arity() {
        return arity;
    }

    public EnumSet<Flag> flags() {
        return EnumSet.copyOf(flags);
    }

    public boolean has(Flag flag) {
        return (flagBits & flag.bit()) != 0;
    }

    /** Whether any of the flags whose bits are set in {@code bits} is set. */
    public boolean hasAny(long bits) {
        return (flagBits & bits) != 0;
    }

    public List<KeySpec> keySpecs() {
        return keySpecs;
    }

    /** The ACL categories, derived from group and flags, in the order in which Redis knows them. */
    public List<String> categories() {
        List<String> all = new ArrayList<>();
        if (has(Flag.WRITE)) {
            all.add("@write");
        }
        if (has(Flag.READONLY)) {
            all.add("@read");
        }
        if (group.category() != null) {
            all.add(group.category());
        }
        if (has(Flag.ADMIN)) {
            all.add("@admin");
            all.add("@dangerous");
        }
        if (has(Flag.BLOCKING)) {
            all.add("@blocking");
        }
        if (has(Flag.PUBSUB)) {
            all.add("@pubsub");
        }
        all.add(has(Flag.FAST) ? "@fast" : "@slow");
        all.addAll(extraCategories);
        all.removeAll(withoutCategories);
        all.sort(Comparator.comparingInt(CATEGORIES::indexOf));
        return all;
    }

    public List<String> tips() {
        return tips;
    }

    /** The arguments after the name, in the notation that {@code Syntax} explains. */
    public String syntax() {
        return syntax;
    }

    public String since() {
        return since;
    }

    public String complexity() {
        return complexity;
    }

    public String summary() {
        return summary;
    }

    public List<Change> history() {
        return history;
    }

    public @Nullable String deprecatedSince() {
        return deprecatedSince;
    }

    public @Nullable String replacedBy() {
        return replacedBy;
    }

    public List<String> docFlags() {
        return docFlags;
    }

    public List<CommandSpec> subcommands() {
        return subcommands;
    }

    /** Null of a container of subcommands. */
    public @Nullable Handler handler() {
        return handler;
    }

    /** The handler of a command that is no container. */
    public static Handler handlerOf(CommandSpec spec) {
        Handler handler = spec.handler;
        if (handler == null) {
            throw new IllegalStateException(spec + " is a container");
        }
        return handler;
    }

    public LockScope lockScope() {
        return lockScope;
    }

    /** Whether this call writes its keys without looking at what they hold, so that nothing need be read from disk for it. */
    public boolean isBlind(Call call) {
        return blindWhen != null && blindWhen.test(call);
    }

    /** Whether this call leaves the event loop. */
    public boolean runsInBackground(Call call, boolean tiered) {
        return background == Background.ALWAYS
                || (background == Background.WHEN_TIERED && tiered)
                || (backgroundWhen != null && backgroundWhen.test(call));
    }

    /** Whether a call with very many keys can go through them in pieces, and what is read from disk for it. */
    public KeyByKey keyByKey() {
        return keyByKey;
    }

    /** Whether any call of it can leave the event loop. */
    public boolean mayRunInBackground() {
        return background != Background.NEVER || backgroundWhen != null;
    }

    /**
     * What a call that left the event loop waits for between its handler and its reply, no stripe held; or null. A call that was queued
     * for EXEC waits for nothing.
     */
    public @Nullable Consumer<Call> awaits() {
        return awaits;
    }

    /** Whether it runs at once between MULTI and EXEC instead of being queued. */
    public boolean isImmediateInMulti() {
        return immediateInMulti;
    }

    /** What a call with {@code args}, the name first, does with the keys of {@code keySpec}, one of this command's. */
    public Set<KeyFlag> keyFlags(KeySpec keySpec, List<Slice> args) {
        if (!keySpec.flags().contains(KeyFlag.VARIABLE_FLAGS)) {
            return keySpec.flags();
        }
        if (keyFlagsTest != null && keyFlagsTest.test(args)) {
            return keyFlagsThen;
        }
        EnumSet<KeyFlag> usual = EnumSet.copyOf(keySpec.flags());
        usual.remove(KeyFlag.VARIABLE_FLAGS);
        return usual;
    }

    void addMoreKeys(Call call) {
        if (moreKeys != null) {
            moreKeys.accept(call);
        }
    }

    /** A small number of its own, from 0, for arrays of meters; −1 before the catalogue has it. */
    public int index() {
        return index;
    }

    void setIndex(int index) {
        this.index = index;
    }

    @Override
    public String toString() {
        return fullName;
    }

    /** Which key stripes the dispatcher takes before the handler runs. */
    public enum LockScope {
        /** None: the handler looks at no key, or takes what it needs through a walk that locks by itself. */
        NONE,
        /** Those of the declared keys. */
        KEYS,
        /** All: nothing else moves while it runs. */
        ALL,
        /** Those of all the commands that the session has queued; none if queuing has failed, for then EXEC lets go of watches, which lock. */
        QUEUED
    }

    /** Whether a handler looks at its keys one after the other, each for itself, and what it wants to know of one that is on disk. */
    public enum KeyByKey {
        /** It looks at several at a time, or at other things. */
        NO,
        /** Whether it is there, its type and its expiry. */
        HEAD,
        /** What it holds. */
        VALUE
    }

    /** Whether a command leaves the event loop, its connection waiting, because it may take long or read the disk. */
    public enum Background {
        NEVER,
        WHEN_TIERED,
        ALWAYS
    }

    /** A row of a family's table while it is being written. */
    public static final class Row {
        private final String name;
        private final Arity arity;
        private final EnumSet<Flag> flags = EnumSet.noneOf(Flag.class);
        private final List<KeySpec> keySpecs = new ArrayList<>();
        private final List<String> extraCategories = new ArrayList<>();
        private final List<String> withoutCategories = new ArrayList<>();
        private final List<String> tips = new ArrayList<>();
        private String syntax = "";
        private String since = "";
        private String complexity = "";
        private String summary = "";
        private final List<Change> history = new ArrayList<>();
        private @Nullable String deprecatedSince;
        private @Nullable String replacedBy;
        private final List<String> docFlags = new ArrayList<>();
        private final List<Row> subcommands = new ArrayList<>();
        private @Nullable Handler handler;
        private @Nullable LockScope lockScope;
        private @Nullable Predicate<Call> blindWhen;
        private Background background = Background.NEVER;
        private KeyByKey keyByKey = KeyByKey.NO;
        private @Nullable Predicate<Call> backgroundWhen;
        private @Nullable Consumer<Call> awaits;
        private @Nullable Consumer<Call> moreKeys;
        private boolean immediateInMulti;
        private @Nullable Predicate<List<Slice>> keyFlagsTest;
        private Set<KeyFlag> keyFlagsThen = Set.of();

        private Row(String name, Arity arity, Flag... flags) {
            this.name = name;
            this.arity = arity;
            this.flags.addAll(List.of(flags));
        }

        /** A command's row; {@code name} in capitals. */
        public static Row command(String name, Arity arity, Flag... flags) {
            return new Row(name, arity, flags);
        }

        /** A subcommand's row, for {@link #sub}; {@code name} without the command's. */
        public static Row subcommand(String name, Arity arity, Flag... flags) {
            return new Row(name, arity, flags);
        }

        /** One key, at argument {@code index}. */
        public Row key(int index, KeyFlag... flags) {
            return keys(index, 0, 1, flags);
        }

        /** Keys from argument {@code first} to {@code last}, which is relative to first, or counted from the end if negative. */
        public Row keys(int first, int last, int step, KeyFlag... flags) {
            keySpecs.add(KeySpec.range(first, last, step, 0, flags));
            return this;
        }

        /** As many keys as the argument at {@code begin + countIndex} says, from {@code begin + firstIndex} on. */
        public Row keysCounted(int begin, int countIndex, int firstIndex, int step, KeyFlag... flags) {
            keySpecs.add(KeySpec.counted(begin, countIndex, firstIndex, step, flags));
            return this;
        }

        /** ACL categories beyond those that group and flags give. */
        public Row categories(String... names) {
            extraCategories.addAll(List.of(names));
            return this;
        }

        /** ACL categories that group and flags give, and Redis does not. */
        public Row withoutCategories(String... names) {
            withoutCategories.addAll(List.of(names));
            return this;
        }

        public Row tips(String... tips) {
            this.tips.addAll(List.of(tips));
            return this;
        }

        public Row syntax(String syntax) {
            this.syntax = syntax;
            return this;
        }

        public Row docs(String since, String complexity, String summary) {
            this.since = since;
            this.complexity = complexity;
            this.summary = summary;
            return this;
        }

        public Row history(String since, String what) {
            history.add(new Change(since, what));
            return this;
        }

        public Row deprecated(String since, String replacedBy) {
            deprecatedSince = since;
            this.replacedBy = replacedBy;
            return this;
        }

        public Row docFlags(String... flags) {
            docFlags.addAll(List.of(flags));
            return this;
        }

        public Row sub(Row row) {
            subcommands.add(row);
            return this;
        }

        public Row runs(Handler handler) {
            this.handler = handler;
            return this;
        }

        /** Instead of the stripes of the declared keys. */
        public Row locks(LockScope scope) {
            lockScope = scope;
            return this;
        }

        /** Calls for which {@code test} holds overwrite their keys whatever these hold. */
        public Row blindWhen(Predicate<Call> test) {
            blindWhen = test;
            return this;
        }

        /** Leaves the event loop always, or in persistent mode. Such a handler takes the locks it needs through walks of the keyspace. */
        public Row background(Background background) {
            this.background = background;
            return this;
        }

        /**
         * Looks at its keys one after the other through {@link Call#key(int)}, and has done with each before it asks for the next: so a call with very many need
         * not have all their stripes at a time.
         */
        public Row keyByKey(KeyByKey wanted) {
            keyByKey = wanted;
            return this;
        }

        /** Leaves the event loop for calls for which {@code test} holds. */
        public Row backgroundWhen(Predicate<Call> test) {
            backgroundWhen = test;
            return this;
        }

        /** Calls that leave the event loop wait in {@code awaits}, no stripe held, before they reply. */
        public Row awaits(Consumer<Call> awaits) {
            this.awaits = awaits;
            return this;
        }

        /** Adds keys that no key spec can say, such as one in another database, by {@link Call#addKey}. */
        public Row moreKeys(Consumer<Call> adder) {
            moreKeys = adder;
            return this;
        }

        /** Runs at once between MULTI and EXEC. */
        public Row immediateInMulti() {
            immediateInMulti = true;
            return this;
        }

        /** Calls whose arguments, the name first, pass {@code test} do less with keys of {@code VARIABLE_FLAGS}: only this. */
        public Row keyFlagsWhen(Predicate<List<Slice>> test, KeyFlag... flags) {
            keyFlagsTest = test;
            keyFlagsThen = Set.of(flags);
            return this;
        }

        CommandSpec build(Group group, @Nullable CommandSpec parent) {
            return new CommandSpec(this, group, parent);
        }
    }
}
