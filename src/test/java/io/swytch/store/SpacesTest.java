package io.swytch.store;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpacesTest {
    /** A drain that read a swap half done would take a database's dirty entries for clean: so both wait for each other. */
    @Test
    void mapAndSwap_waitForEachOther() throws InterruptedException {
        Spaces spaces = new Spaces(2);
        Thread reader = new Thread(spaces::map, "reader");
        Thread swapper = new Thread(() -> spaces.swap(0, 1), "swapper");
        synchronized (spaces) {
            reader.start();
            swapper.start();
            await().until(() -> reader.getState() == Thread.State.BLOCKED);
            await().until(() -> swapper.getState() == Thread.State.BLOCKED);
            assertEquals(1, spaces.of(0));
        }
        reader.join();
        swapper.join();
        assertArrayEquals(new int[] {2, 1}, spaces.map());
    }

    @Test
    void bytes_bringBackMapAndDead() {
        Spaces spaces = new Spaces(3);
        spaces.swap(0, 2);
        spaces.renew(1);
        Spaces restored = new Spaces(3);
        restored.restore(spaces.toBytes());
        assertArrayEquals(new int[] {3, 4, 1}, restored.map());
        assertEquals(List.of(2), restored.dead());
        assertEquals(5, restored.next());
        assertEquals(4, restored.renew(1));
        assertEquals(5, restored.of(1));
    }

    @Test
    void bytes_ofFewerOrMoreDatabases_neverGiveASpaceToTwo() {
        Spaces two = new Spaces(2);
        two.renew(0);
        two.renew(0);
        Spaces four = new Spaces(4);
        four.restore(two.toBytes());
        assertArrayEquals(new int[] {4, 2, 5, 6}, four.map());
        four.renew(3);
        Spaces one = new Spaces(1);
        one.restore(four.toBytes());
        assertArrayEquals(new int[] {4}, one.map());
        assertEquals(8, one.next());
    }

    @Test
    void journalsMap_buriesWhatItNoLongerHas() {
        Spaces spaces = new Spaces(2);
        assertEquals(List.of(1), spaces.restore(new int[] {3, 2}, 4));
        assertEquals(List.of(1), spaces.dead());
        assertArrayEquals(new int[] {3, 2}, spaces.map());
        assertEquals(4, spaces.next());
        // The same flush again, as a replay of what L2 has already tells it: nothing new is dead.
        assertEquals(List.of(), spaces.restore(new int[] {3, 2}, 4));
        assertEquals(List.of(1), spaces.dead());
    }

    @Test
    void journalsMap_olderThanL2s_doesNotBuryWhatWasBornLater() {
        Spaces spaces = new Spaces(2);
        spaces.renew(0);
        spaces.renew(1);
        byte[] later = spaces.toBytes();
        Spaces restored = new Spaces(2);
        restored.restore(later);
        assertEquals(List.of(1, 2), restored.dead());
        // The journal begins before both flushes: space 3 was given out by the first, 4 is not yet born.
        assertEquals(List.of(), restored.restore(new int[] {3, 2}, 4));
        assertArrayEquals(new int[] {3, 2}, restored.map());
        assertEquals(List.of(1, 2), restored.dead());
        assertEquals(5, restored.next(), "a number is never given out again");
        // Effects of the journal have put entries of space 2 into L1 meanwhile, so it is told once more though it is
        // known.
        assertEquals(List.of(2), restored.restore(new int[] {3, 4}, 5));
        assertEquals(List.of(1, 2), restored.dead());
    }

    @Test
    void journalsMap_ofFewerDatabases_leavesTheOthersASpaceOfTheirOwn() {
        Spaces spaces = new Spaces(3);
        spaces.restore(new int[] {3}, 4);
        assertEquals(3, spaces.of(0));
        assertEquals(2, spaces.of(1));
        assertTrue(spaces.of(2) >= 4, "space 3 is taken: " + spaces.of(2));
    }
}
