/** A program that answers questions of its parent, one after another. */
export function answering(
  // biome-ignore lint/suspicious/noExplicitAny: each question has its own details
  answers: Readonly<Record<string, (details: any) => unknown>>,
): void {
  process.on('message', async ({ question, ...details }: { question: string }) => {
    process.send?.((await answers[question]?.(details)) ?? null)
  })
  process.on('disconnect', () => process.exit())
}

export async function memory(): Promise<{ heap: number; buffers: number; resident: number }> {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 30))
    globalThis.gc?.()
  }
  const { heapUsed, arrayBuffers, external, rss } = process.memoryUsage()
  return { heap: heapUsed, buffers: Math.max(arrayBuffers, external), resident: rss }
}
