package dev.holdfast.testkit.mariadb;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Copies an executable without what follows its last segment.
 *
 * <p>Linux loads segments; sections, which name symbols and debug information, lie behind them and are never read to run a
 * program. In the MariaDB artifact they are 284 of 313 MB, which are neither unpacked nor stored this way.
 */
final class LeanElf {

    private static final int HEAD = 64 * 1024;
    private static final int MAGIC = 0x7f454c46;
    private static final int SEGMENT_SIZE = 56;

    private LeanElf() {}

    /** Copies everything if this is no 64-bit little-endian ELF file. */
    static void copy(InputStream program, OutputStream target) throws IOException {
        byte[] head = program.readNBytes(HEAD);
        long end = endOfSegments(head);
        if (end <= head.length) {
            target.write(head);
            program.transferTo(target);
            return;
        }
        target.write(head);
        byte[] buffer = new byte[1 << 16];
        for (long left = end - head.length; left > 0; ) {
            int read = program.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (read < 0) {
                throw new IOException("the program ends " + left + " bytes before its last segment does");
            }
            target.write(buffer, 0, read);
            left -= read;
        }
    }

    /** Where the last segment ends in the file, by elf(5); 0 if that is unknown. */
    private static long endOfSegments(byte[] head) {
        ByteBuffer elf = ByteBuffer.wrap(head);
        try {
            boolean known = elf.getInt(0) == MAGIC && elf.get(4) == 2 && elf.get(5) == 1;
            if (!known) {
                return 0;
            }
            elf.order(ByteOrder.LITTLE_ENDIAN);
            long table = elf.getLong(32);
            int segments = elf.getShort(56);
            if (elf.getShort(54) != SEGMENT_SIZE || table < 0 || table > head.length) {
                return 0;
            }
            long end = 0;
            for (int i = 0; i < segments; i++) {
                int segment = (int) table + i * SEGMENT_SIZE;
                end = Math.max(end, elf.getLong(segment + 8) + elf.getLong(segment + 32));
            }
            return end;
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            return 0;
        }
    }
}
