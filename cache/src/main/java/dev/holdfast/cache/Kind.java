package dev.holdfast.cache;

/** What a barrier is about. Its code begins the barrier's name in the log and in messages. */
enum Kind {
    /** One key: forbids what was born before. */
    KEY('k'),

    /** Every value with a tag: forbids what was born before. */
    TAG('t'),

    /** Every key that begins with a prefix: forbids what was born before. */
    PREFIX('p'),

    /** One key: what was born before is stale. */
    SOFT_KEY('x'),

    /** Every value with a tag: what was born before is stale. */
    SOFT_TAG('y');

    private final char code;

    Kind(char code) {
        this.code = code;
    }

    /** The name of a barrier of this kind; the text is escaped and holds no space. */
    String member(String text) {
        return code + ":" + text;
    }

    /** Whether it is about values whose keys it does not name. */
    boolean wide() {
        return this == TAG || this == PREFIX || this == SOFT_TAG;
    }
}
