package io.swytch.store;

import io.swytch.bytes.Chunks;
import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.l1.L1;
import io.swytch.store.l1.Shard;
import io.swytch.store.l2.FetchVisitor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes in what one fetch reads: into L1, or where L1 has no room or the command must find it whole, beside it.
 *
 * <p>Threads: the one that reads. Each token is settled under its key's stripe.
 */
final class Landing implements FetchVisitor {
    /** What commands may have kept where others have taken the room, as a part of that. */
    private static final int BEYOND_PARTS = 4;

    private final Tier tier;
    private final L1 l1;
    private final Spaces spaces;
    private final Clock clock;
    private final List<FillToken> tokens;
    private final FillRegistry registry;
    private final boolean[] landed;

    private boolean isInVain;

    /** Memory of the large value that is being read. */
    private @Nullable Chunks chunks;

    Landing(Tier tier, L1 l1, Spaces spaces, Clock clock, List<FillToken> tokens, FillRegistry registry) {
        this.tier = tier;
        this.l1 = l1;
        this.spaces = spaces;
        this.clock = clock;
        this.tokens = tokens;
        this.registry = registry;
        landed = new boolean[tokens.size()];
    }

    @Override
    public ByteBuffer[] chunksFor(int index, int valueLength) {
        chunks = Chunks.take(valueLength);
        return chunks.buffers();
    }

    @Override
    public void absent(int index) {
        land(index, null, null);
    }

    @Override
    public void found(int index, Item item) {
        if (item.isLarge() && chunks != null) {
            item.wrapLarge(item.buffer(), item.offset(), chunks.buffers(), Chunks.SHIFT, item.valueLength(), chunks);
        }
        land(index, item, null);
        dropChunks();
    }

    private boolean isAdmitted(FillToken token, Item item) {
        long bytes = FillToken.bytes(item);
        return token.isAdmitted(bytes, tier.hasOverlayRoom(registry, bytes), tier.overlayBytesMax() / BEYOND_PARTS);
    }

    /** Ends the tokens that are in vain, without a read. Returns the others. */
    List<FillToken> dropInVain() {
        List<FillToken> wanted = new ArrayList<>(tokens.size());
        for (int i = 0; i < landed.length; i++) {
            FillToken token = tokens.get(i);
            Shard shard = l1.lock(token.key.hash());
            try {
                isInVain = token.isInVain();
            } finally {
                shard.unlock();
            }
            if (isInVain) {
                land(i, null, null);
            } else {
                wanted.add(token);
            }
        }
        isInVain = false;
        return wanted;
    }

    /** Whoever kept the value holds its memory. */
    private void dropChunks() {
        if (chunks != null) {
            chunks.release();
            chunks = null;
        }
    }

    void failRest(String failure) {
        dropChunks();
        for (int i = 0; i < landed.length; i++) {
            if (!landed[i]) {
                land(i, null, failure);
            }
        }
    }

    private void land(int index, @Nullable Item item, @Nullable String failure) {
        FillToken token = tokens.get(index);
        List<Fetch> waiters;
        Shard shard = l1.lock(token.key.hash());
        try {
            // A token that a writer has made invalid is still counted down: its commands run again and look anew.
            if (token.state == FillToken.State.PENDING) {
                settle(shard, token, item, failure);
                tier.kept(token.keptBytes);
            }
            waiters = List.copyOf(token.waiters);
            registry.dropUnwanted(token);
        } finally {
            shard.unlock();
        }
        landed[index] = true;
        waiters.forEach(Fetch::oneDone);
    }

    private void settle(Shard shard, FillToken token, @Nullable Item item, @Nullable String failure) {
        if (failure != null) {
            token.failure = failure;
            token.state = FillToken.State.FAILED;
            return;
        }
        if (isInVain) {
            // Who comes to wait meanwhile looks anew, and has it read.
            token.state = FillToken.State.GONE;
            return;
        }
        // Of a space that was flushed meanwhile nothing may come back to L1, which has forgotten it.
        if (item == null || !spaces.isLive(token.key.space())) {
            token.state = FillToken.State.ABSENT;
            return;
        }
        if (item.isExpired(clock.millis())) {
            // A tombstone, so that the drain deletes it from disk.
            shard.putTombstone(token.key, ItemHeader.L2_HAS);
            token.state = FillToken.State.ABSENT;
            return;
        }
        boolean isAdmitted = !token.keepsItem || isAdmitted(token, item);
        if (token.keepsItem && isAdmitted) {
            token.keep(item);
        }
        boolean isIn = shard.put(
                token.key,
                item.type(),
                item.encoding(),
                item.expireAtMs(),
                item.value(new Slice()),
                false,
                ItemHeader.L2_HAS);
        if (!isIn && token.item == null && isAdmitted && isAdmitted(token, item)) {
            token.keep(item);
        }
        token.state = token.item != null ? FillToken.State.KEPT : FillToken.State.GONE;
    }
}
