package io.swytch.command.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.swytch.command.spec.Syntax.Argument;
import java.util.List;
import org.junit.jupiter.api.Test;

class SyntaxTest {
    private static Argument only(String syntax) {
        List<Argument> arguments = Syntax.parse(syntax);
        assertEquals(1, arguments.size());
        return arguments.get(0);
    }

    @Test
    void types_areSuffixesAndOtherColonsArePartOfTheName() {
        assertEquals(Syntax.Type.KEY, only("key:key").type());
        assertEquals(0, only("key:key").keySpec());
        assertEquals(1, only("destination:key#1").keySpec());
        assertEquals("key", only("key:key").name());
        assertEquals(Syntax.Type.INTEGER, only("'EX'seconds:int").type());
        assertEquals("EX", only("'EX'seconds:int").token());
        assertEquals("ip:port", only("ip:port").name());
        assertEquals(Syntax.Type.STRING, only("yes/no").type());
        assertEquals(Syntax.Type.UNIX_TIME, only("unix-time-seconds:time").type());
    }

    @Test
    void words_areCapitalsOrNamedBeforeTheirToken() {
        Argument nx = only("[NX@2.6.12]");
        assertEquals(Syntax.Type.PURE_TOKEN, nx.type());
        assertEquals("nx", nx.name());
        assertEquals("NX", nx.token());
        assertEquals("2.6.12", nx.since());
        assertEquals(true, nx.isOptional());
        Argument star = only("auto_id'*'");
        assertEquals(Syntax.Type.PURE_TOKEN, star.type());
        assertEquals("*", star.token());
        assertEquals("auto_id", star.name());
    }

    @Test
    void choicesAndBlocks_nest() {
        Argument filter = only("filter(ip:port!2.8.12 | new-format(['ID'client-id:int@2.8.12] | ['USER'username])...)");
        assertEquals(Syntax.Type.ONE_OF, filter.type());
        assertEquals("2.8.12", filter.arguments().get(0).deprecatedSince());
        Argument format = filter.arguments().get(1);
        assertEquals(true, format.isMultiple());
        assertEquals(2, format.arguments().size());
        assertEquals("2.8.12", format.arguments().get(0).since());
        Argument configs = only("['CONFIG'configs{name value}+@0...]".replace("+@0", "+"));
        assertEquals(Syntax.Type.BLOCK, configs.type());
        assertEquals(true, configs.isMultipleToken());
        assertEquals(true, configs.isMultiple());
        assertEquals("CONFIG", configs.token());
    }

    @Test
    void aVersion_endsBeforeTheDotsOfARepetition() {
        Argument argument = only("name@6.2.0...");
        assertEquals("6.2.0", argument.since());
        assertEquals(true, argument.isMultiple());
    }

    @Test
    void readable_isWhatPeopleType() {
        assertEquals(
                "<key> <value> [EX <seconds>|PX <milliseconds>] [NX]",
                Syntax.readable("key:key value [expiry('EX'seconds:int | 'PX'milliseconds:int)] [NX]"));
        assertEquals("(ON|OFF|SKIP)", Syntax.readable("on_off_skip(ON | OFF | SKIP)"));
        assertEquals("<key> [<key> ...]", Syntax.readable("key:key..."));
        assertEquals("", Syntax.readable(""));
    }

    @Test
    void mistakes_areTold() {
        for (String wrong : List.of("(a", "a(b", "[a", "'X", "a)", "a(b c)", "[a b]")) {
            assertThrows(IllegalStateException.class, () -> Syntax.parse(wrong), wrong);
        }
    }
}
