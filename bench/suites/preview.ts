import type { Cloud } from "../cloud";
import { type Extent, roundsOf, type Section, timeFigure } from "../figure";
import { interleave } from "../measure";
import { idleProgram, tapProgram } from "../programs";
import { duration, engines, RUN, withStack } from "../stacks";

/** The preview of very many taps, which asks no host, against as many dynamic resources that do nothing. */
export async function measurePreview(extent: Extent): Promise<Section[]> {
  const cloud: Cloud = extent === "full" ? { hosts: 100, tapsPerHost: 10 } : { hosts: 2, tapsPerHost: 10 };
  const rounds = roundsOf(extent, 5);
  const taps = cloud.hosts * cloud.tapsPerHost;
  const sections: Section[] = [];
  for (const use of await engines()) {
    let engine = "";
    const preview = (program: string) => () =>
      withStack(program, { config: {}, use }, async (stack) => {
        engine = stack.engine;
        return duration(await stack.preview(RUN));
      });
    const pairs = await interleave(rounds, preview(tapProgram(cloud)), preview(idleProgram(cloud)));
    sections.push({
      title: `${taps} taps on ${cloud.hosts} hosts against ${taps} idle resources, ${engine}`,
      figures: [timeFigure("first preview", pairs, { atMost: 1.15 })],
      notes: [],
    });
  }
  return sections;
}
