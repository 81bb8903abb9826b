package io.swytch.command.string;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Slice;
import io.swytch.clock.ManualClock;
import io.swytch.command.CommandPlayer;
import io.swytch.command.bitmap.BitmapCommands;
import io.swytch.keyspace.MapKeyspace;
import io.swytch.resp.Request;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What no transcript can show: keys of other types, time that passes, large values. */
class StringCommandsTest {
    private static final String WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
    private static final int MIB = 1 << 20;

    private final ManualClock clock = new ManualClock(1_000_000);
    private final MapKeyspace keyspace = new MapKeyspace(clock, MIB, 16);
    private final CommandPlayer player =
            new CommandPlayer(keyspace, clock, 2, StringCommands.FAMILY, BitmapCommands.FAMILY);

    private String play(String line) {
        return player.play(CommandPlayer.parse(line).toArray(new String[0]));
    }

    private Key key(String name) {
        return keyspace.key(0, Slice.copyOf(name), new Key());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "APPEND l x",
                "DECR l",
                "DECRBY l 1",
                "DELEX l IFEQ x",
                "DELIFEQ l x",
                "DIGEST l",
                "GET l",
                "GETDEL l",
                "GETEX l",
                "GETEX l EX abc",
                "GETRANGE l 0 1",
                "GETSET l x",
                "INCR l",
                "INCRBY l 1",
                "INCRBYFLOAT l 1",
                "INCRBYFLOAT l abc",
                "INCREX l",
                "SET l x GET",
                "SET l x NX GET",
                "SET l x IFEQ y",
                "SETRANGE l 1 x",
                "SETRANGE l 1 \"\"",
                "STRLEN l",
                "SUBSTR l 0 1",
                "BITCOUNT l",
                "BITCOUNT l a b",
                "BITFIELD l GET u8 0",
                "BITFIELD l",
                "BITFIELD l SET u8 0 1",
                "BITFIELD_RO l GET u8 0",
                "BITOP OR d l",
                "BITOP AND d none l",
                "BITPOS l 1",
                "GETBIT l 1",
                "SETBIT l 1 1"
            })
    void anyCommand_onListIsRefusedAndChangesNothing(String line) {
        keyspace.putOther(key("l"), ItemType.LIST);
        assertEquals(WRONG_TYPE, play(line));
        assertEquals(ItemType.LIST, keyspace.peek(key("l")).type());
    }

    @Test
    void commandsThatOverwriteOrOnlyLookForTheKey_takeAnyType() {
        keyspace.putOther(key("l"), ItemType.LIST);
        assertEquals("$-1\r\n", play("SET l v NX"));
        assertEquals(":0\r\n", play("SETNX l v"));
        assertEquals(":0\r\n", play("MSETNX l v m w"));
        assertEquals("*1\r\n$-1\r\n", play("MGET l"));
        assertEquals("-ERR The specified keys must contain string values\r\n", play("LCS l none BAD"));
        assertEquals("+OK\r\n", play("SET l v XX"));
        keyspace.putOther(key("l"), ItemType.LIST);
        assertEquals(":1\r\n", play("DELEX l"));
        keyspace.putOther(key("l"), ItemType.LIST);
        assertEquals("+OK\r\n", play("MSET l v"));
        keyspace.putOther(key("l"), ItemType.LIST);
        assertEquals("+OK\r\n", play("SETEX l 10 v"));
        keyspace.putOther(key("l"), ItemType.LIST);
        play("SET s x");
        assertEquals(":1\r\n", play("BITOP OR l s"));
        assertEquals("$1\r\nx\r\n", play("GET l"));
    }

    @Test
    void expiry_isMeasuredFromNow() {
        play("SET k v PX 1500");
        clock.advance(Duration.ofMillis(1499));
        assertEquals("$1\r\nv\r\n", play("GET k"));
        clock.advance(Duration.ofMillis(1));
        assertEquals("$-1\r\n", play("GET k"));
        play("SETEX k 2 v");
        clock.advance(Duration.ofSeconds(2));
        assertEquals(":1\r\n", play("INCR k"));
    }

    @Test
    void set_isBlindUnlessAnOptionLooksAtTheKey() {
        assertTrue(isBlind("SET k v"));
        assertTrue(isBlind("SET k v ex 10"));
        assertTrue(isBlind("SET k v PXAT 10"));
        for (String option : List.of("NX", "XX", "GET", "KEEPTTL", "IFEQ x", "EX 10 NX", "NX EX 10", "EX 10 GET")) {
            assertFalse(isBlind("SET k v " + option), option);
        }
    }

    private static boolean isBlind(String line) {
        Request request = new Request();
        CommandPlayer.parse(line).forEach(arg -> request.add().set(Slice.copyOf(arg)));
        return SetCommands.isBlind(request);
    }

    @Test
    void bitop_resultOfSeveralChunks() {
        int length = 3 * MIB + 5;
        put("a", length, (byte) 0x0F);
        put("b", 2 * MIB + 1, (byte) 0xF1);
        assertEquals(":" + length + "\r\n", play("BITOP OR d a b"));
        assertEquals(":" + ((2L * MIB + 1) * 8 + 4L * (MIB + 4)) + "\r\n", play("BITCOUNT d"));
        assertEquals(":" + (2L * MIB + 1) * 8 + "\r\n", play("BITPOS d 0"));
        assertEquals(":" + length + "\r\n", play("BITOP AND d a b"));
        assertEquals(":" + (2L * MIB + 1) + "\r\n", play("BITCOUNT d"));
        assertEquals("$3\r\n\u0001\u0001\u0000\r\n", play("GETRANGE d " + (2 * MIB - 1) + " " + (2 * MIB + 1)));
    }

    private void put(String name, int length, byte value) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(length);
        for (int i = 0; i < length; i++) {
            bytes.put(i, value);
        }
        keyspace.putString(key(name), new Slice(bytes, 0, length), 0, 0);
    }
}
