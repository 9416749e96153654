package dev.holdfast.testkit.mariadb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LeanElfTest {

    private static final int SEGMENTS_END = 100_000;

    @Test
    void copy_endsWithTheLastSegment() throws IOException {
        byte[] program = program(150_000);

        assertThat(copy(program)).isEqualTo(Arrays.copyOf(program, SEGMENTS_END));
    }

    @Test
    void copy_ofSomethingElse_isWhole() throws IOException {
        byte[] script = "#!/bin/sh\nexec true\n".getBytes(StandardCharsets.UTF_8);
        byte[] wide = program(150_000);
        wide[4] = 1;

        assertThat(copy(script)).isEqualTo(script);
        assertThat(copy(wide)).isEqualTo(wide);
        assertThat(copy(new byte[0])).isEmpty();
    }

    @Test
    void copy_ofATruncatedProgram_isRefused() {
        assertThatThrownBy(() -> copy(program(SEGMENTS_END - 1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("1 bytes before");
    }

    private static byte[] copy(byte[] program) throws IOException {
        ByteArrayOutputStream target = new ByteArrayOutputStream();
        LeanElf.copy(new ByteArrayInputStream(program), target);
        return target.toByteArray();
    }

    /** Two segments, the first of which reaches further. */
    private static byte[] program(int size) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) 7);
        ByteBuffer elf = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(0, new byte[] {0x7f, 'E', 'L', 'F', 2, 1});
        elf.putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 2);
        elf.putLong(64 + 8, 1_000).putLong(64 + 32, SEGMENTS_END - 1_000);
        elf.putLong(120 + 8, 0).putLong(120 + 32, 500);
        return bytes;
    }
}
