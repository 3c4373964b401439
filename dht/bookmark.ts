/** Pages read of one holder under one key at most. */
const MAX_PAGES = 64;

/** How far one holder has been read. */
export interface Bookmark {
  readonly pages: number;
  /** The last record that was acceptable, by its entry. Holders give them in that order, so each page goes on from there. */
  readonly upTo: string;
}

export const UNREAD: Bookmark = { pages: 0, upTo: "" };

/**
 * After one page more. Undefined where it is read no further: whoever promises more and gives nothing new would hold the search up to its
 * end.
 */
export function turned(read: Bookmark, upTo: string): Bookmark | undefined {
  const pages = read.pages + 1;
  return upTo > read.upTo && pages < MAX_PAGES ? { pages, upTo } : undefined;
}
