package io.swytch.command.string;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Xxh3Test {
    /** Digests of libxxhash 0.8.1 of n bytes (7 i + n) mod 256, with n around every limit of the algorithm. */
    @ParameterizedTest
    @CsvSource({
        "0, 2d06800538d394c2",
        "1, e12ef9d2eb86ceeb",
        "3, a9088dda485b481c",
        "4, 57648c318a7a307e",
        "8, b0fb3e3c3f94990a",
        "9, 8aca5cb309437c2e",
        "16, 2bd926d88792965a",
        "17, 621f018aad19b14a",
        "128, e9549af9a74093e6",
        "129, b54ad1cd8a4c84b9",
        "240, 3e136902ec966624",
        "241, bd7d29b6ba966d6a",
        "1024, dc5acf0b043c445b",
        "1025, c856c953bbdbc807",
        "2048, 848d24cc268f7498",
        "5000, 308f149a673a1625"
    })
    void hash_asLibraryInOnePieceAndInChunks(int length, String digest) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (7 * i + length);
        }
        assertEquals(digest, Xxh3.hex(Xxh3.hash(Slice.copyOf(bytes))));
        ByteBuffer[] chunks = new ByteBuffer[length / 16 + 1];
        for (int i = 0; i < chunks.length; i++) {
            chunks[i] = ByteBuffer.allocateDirect(16).put(0, bytes, i * 16, Math.min(16, length - i * 16));
        }
        assertEquals(digest, Xxh3.hex(Xxh3.hash(new Slice().setChunks(chunks, 4, length, null))));
    }
}
