// Runs calls of Pine on PineTS: node pinets_run.cjs BARS.csv CALLS.json OUT.json, as pynecore_run.py does.
const fs = require("fs");
const { PineTS } = require("pinets");

const [head, ...lines] = fs.readFileSync(process.argv[2], "utf8").trim().split(/\r?\n/);
const names = head.split(",");
const bars = lines.map((line) => {
  const bar = Object.fromEntries(line.split(",").map((v, i) => [names[i], Number(v)]));
  return { ...bar, openTime: bar.timestamp, closeTime: bar.timestamp + 3599999 };
});

function script(calls) {
  const text = ["//@version=6", 'indicator("calls")'];
  calls.forEach((call, i) => {
    const values = Array.from({ length: call.outputs }, (_, k) => `v${i}_${k}`);
    text.push(call.outputs > 1 ? `[${values.join(", ")}] = ${call.text}` : `${values[0]} = ${call.text}`);
    for (const v of values) text.push(`plot(${call.bool ? `${v} ? 1 : 0` : v}, "${v}")`);
  });
  return text.join("\n") + "\n";
}

const number = (x) => {
  if (Array.isArray(x)) x = x[0];
  return typeof x === "boolean" ? Number(x) : Number.isFinite(x) ? x : null;
};

// run returns the columns of the calls, null for one that PineTS does not have.
async function run(calls) {
  try {
    const { plots } = await new PineTS(bars).run(script(calls));
    return calls.map((call, i) =>
      Array.from({ length: call.outputs }, (_, k) => plots[`v${i}_${k}`].data.map((d) => number(d.value))));
  } catch (e) {
    if (calls.length === 1) return [null];
    const half = calls.length >> 1;
    return [...(await run(calls.slice(0, half))), ...(await run(calls.slice(half)))];
  }
}

async function main() {
  const out = [];
  for (const calls of JSON.parse(fs.readFileSync(process.argv[3], "utf8"))) out.push(...(await run(calls)));
  fs.writeFileSync(process.argv[4], JSON.stringify(out));
}

main().catch((e) => { console.error(e); process.exit(1); });
