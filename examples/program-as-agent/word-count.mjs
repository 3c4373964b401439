// What --handler takes: a module whose default export does the work.
export default function countWords(task, context) {
  const words = task.split(/\s+/).filter((word) => word.length >= (context.atLeast ?? 1));
  return { words: words.length, characters: task.length };
}
