// Gives the precompiled header a target that owns it; the others say REUSE_FROM.
