/** What both tiers and the journal share: a key with its hash, an item, and the one header layout. */
@NullMarked
package io.swytch.store.item;

import org.jspecify.annotations.NullMarked;
