package io.swytch.bench;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/** Which key comes next. Threads: any; each brings a random source of its own. */
interface KeyOrder {
    /** A number, from 0 to the count of keys − 1. */
    long next(SplittableRandom random);

    /**
     * The order of that name.
     *
     * @param name {@code sequential} from 0 on and round again, {@code uniform}, or {@code zipf:0.99}
     * @throws IllegalArgumentException if there is no such order
     */
    static KeyOrder of(String name, long keys) {
        if (keys < 1) {
            throw new IllegalArgumentException("--keys is less than 1");
        }
        if (name.equals("sequential")) {
            AtomicLong next = new AtomicLong();
            return random -> next.getAndIncrement() % keys;
        }
        if (name.equals("uniform")) {
            return random -> random.nextLong(keys);
        }
        if (name.startsWith("zipf:")) {
            return new Zipf(keys, Double.parseDouble(name.substring(5)))::next;
        }
        throw new IllegalArgumentException("--order '" + name + "' is none of sequential, uniform, zipf:SKEW");
    }
}
