package io.swytch.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;

/** Ordinary builds replay the seeds in the resources; {@code JAZZER_FUZZ=1} searches. */
class RequestDecoderFuzzTest {
    /** The first byte says where to cut the others; the requests that are seen must not depend on it. */
    @FuzzTest
    void next_anyBytesCutAnywhere_sameRequests(byte[] data) {
        if (data.length < 2) {
            return;
        }
        int cut = (data[0] & 0xff) % (data.length - 1);
        byte[] bytes = Arrays.copyOfRange(data, 1, data.length);
        assertEquals(InputScript.read(bytes), InputScript.read(bytes, cut, Math.min(bytes.length, cut + 3)));
    }
}
