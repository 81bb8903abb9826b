package io.swytch.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import org.junit.jupiter.api.Test;

final class FillRegistryTest {
    private final FillRegistry registry = new FillRegistry();
    private final Key key = new Key().set(Slice.copyOf("k"), 1, new KeyHash(1));

    @Test
    void tokenThatNobodyWaitsForAnyMore_stillHearsOfAWriteWhileItIsRead() {
        FillToken token = registry.add(key);
        registry.dropUnwanted(token);
        assertSame(token, registry.find(key));
        registry.invalidate(key);
        assertEquals(FillToken.State.INVALID, token.state);
        assertNull(registry.find(key));
    }

    @Test
    void tokenThatTheLastOneLeft_goesAtOnce_andWhatIsReadForItIsOld() {
        FillToken token = registry.add(key);
        Fetch first = new Fetch(null, registry);
        Fetch second = new Fetch(null, registry);
        token.waiters.add(first);
        token.waiters.add(second);
        registry.release(token, first);
        assertSame(token, registry.find(key));
        registry.release(token, second);
        assertNull(registry.find(key));
        assertEquals(FillToken.State.INVALID, token.state);
    }

    @Test
    void tokenThatNobodyWaitsForAnyMore_goesOnceItHasLanded() {
        FillToken token = registry.add(key);
        token.state = FillToken.State.GONE;
        registry.dropUnwanted(token);
        assertNull(registry.find(key));
    }
}
