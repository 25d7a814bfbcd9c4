import type { Tap } from "../../api/rows";
import { DiffLines } from "../parts/diff";
import { Code, Lines, Text } from "../parts/text";
import { ChangeList } from "./changeList";

/** Details that are rarely needed: how to move the tap here, its rules, its claims and its history. */
export function TapDetails(props: { tap: Tap }) {
  const { tap } = props;
  return (
    <>
      {tap.description !== undefined && tap.description !== "" && (
        <p>
          <Text longest={2000}>{tap.description}</Text>
        </p>
      )}
      {tap.moveCode !== undefined && (
        <details open>
          <summary>This tap is another stack's. To change it here, move it</summary>
          <Lines label="How to move the tap">{tap.moveCode}</Lines>
        </details>
      )}
      <h2>Rules</h2>
      {tap.rules.length === 0 ? (
        <p class="soft">None are known.</p>
      ) : (
        <DiffLines label="Rules" lines={tap.rules.map((text) => ({ sign: "", text }))} />
      )}
      <details>
        <summary>Claims</summary>
        {tap.claims.map(({ host, key, json }) => (
          <section key={`${host} ${key}`}>
            <h3>
              <Text>{host}</Text> <Code>{key}</Code>
            </h3>
            <Lines label={`Claim on ${host}`}>{json}</Lines>
          </section>
        ))}
      </details>
      <h2>History</h2>
      <ChangeList changes={tap.history} empty="The console has changed nothing of this tap." />
    </>
  );
}
