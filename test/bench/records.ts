/** Records of the bench, by kind. All have an id, a score and a group, so that every workload can run over each. */

type Random = () => number;
type MakeRecord = (id: number, random: Random) => object;

const cities = ["Aachen", "Bergamo", "Cork", "Den Haag", "Espoo", "Faro", "Gdansk", "Haarlem", "Innsbruck", "Jena"];
const tags = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"];
const notes = [
  "call back in the morning, not before nine",
  "left a parcel at the neighbour's door",
  "needs a new key for the cellar",
  "paid in full, the receipt is in the post",
  "waits for a reply since Monday",
];
const wideCities = [
  "Århus",
  "Besançon",
  "Córdoba",
  "Düsseldorf",
  "Łódź",
  "北京",
  "東京",
  "Zürich",
  "Санкт-Петербург",
  "Jena",
];
const wideNotes = [
  "rappeler demain matin, pas avant neuf heures à l'école",
  "ein Paket beim Nachbarn vor der Tür gelassen 🚀",
  "braucht einen neuen Schlüssel für den Keller",
  "已全额付款，收据在邮件中",
  "с понедельника ждёт ответа",
];
const TEXT_CHARACTERS = 1500;
const OPTIONAL_KEYS = 24;

export const RECORDS = {
  /** About 195 bytes, flat but for a list of two. */
  ascii: flat(cities, notes),
  /** The same with names and texts of the world: two strings of eight are not ASCII. */
  unicode: flat(wideCities, wideNotes),
  /** A text of 1,500 characters, with quotes and line feeds. */
  texts: (id, random) => ({ ...common(id, random), title: pick(notes, random), text: textOf(random) }),
  /** An event as GitHub's archive has them, about 1 KB, with objects in objects and in a list. */
  events: event,
  /** Each of 24 more keys is there or not: hardly two records have the same. */
  optional: (id, random) => {
    const record: Record<string, unknown> = common(id, random);
    for (let key = 0; key < OPTIONAL_KEYS; key++) {
      if (random() < 0.5) record[`option_${key}`] = key % 3 === 0 ? pick(tags, random) : Math.floor(random() * 1000);
    }
    return record;
  },
} as const satisfies Record<string, MakeRecord>;

export type RecordKind = keyof typeof RECORDS;

export function isRecordKind(name: string): name is RecordKind {
  return Object.hasOwn(RECORDS, name);
}

function flat(cityNames: readonly string[], texts: readonly string[]): MakeRecord {
  return (id, random) => ({
    id,
    name: nameOf(random),
    score: scoreOf(random),
    tags: [pick(tags, random), pick(tags, random)],
    active: random() < 0.5,
    city: pick(cityNames, random),
    group: groupOf(random),
    ts: timeOf(id),
    note: pick(texts, random),
  });
}

function event(id: number, random: Random): object {
  const login = nameOf(random);
  const repo = `${login}/${pick(tags, random)}-${pick(tags, random)}`;
  const actor = Math.floor(random() * 1e8);
  const commits = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
    const sha = shaOf(random);
    return {
      sha,
      author: { email: `${login}@example.com`, name: login },
      message: pick(notes, random),
      distinct: random() < 0.9,
      url: `https://api.github.com/repos/${repo}/commits/${sha}`,
    };
  });
  return {
    ...common(id, random),
    type: "PushEvent",
    actor: {
      id: actor,
      login,
      display_login: login,
      gravatar_id: "",
      url: `https://api.github.com/users/${login}`,
      avatar_url: `https://avatars.githubusercontent.com/u/${actor}?`,
    },
    repo: { id: Math.floor(random() * 1e9), name: repo, url: `https://api.github.com/repos/${repo}` },
    payload: { push_id: id * 7, size: commits.length, ref: "refs/heads/main", head: commits[0]?.sha, commits },
    public: true,
    created_at: timeOf(id),
  };
}

function common(id: number, random: Random): { id: number; score: number; group: string } {
  return { id, score: scoreOf(random), group: groupOf(random) };
}

function pick(list: readonly string[], random: Random): string {
  return list[Math.floor(random() * list.length)] ?? "";
}

function nameOf(random: Random): string {
  return `user-${Math.floor(random() * 1e9).toString(36)}`;
}

function scoreOf(random: Random): number {
  return Math.round(random() * 1e6) / 1e4;
}

function groupOf(random: Random): string {
  return `g${Math.floor(random() * 5_000)}`;
}

function timeOf(id: number): string {
  return new Date(1_767_225_600_000 + id * 1_000).toISOString();
}

function shaOf(random: Random): string {
  let sha = "";
  while (sha.length < 40) sha += Math.floor(random() * 16).toString(16);
  return sha;
}

function textOf(random: Random): string {
  let text = "";
  while (text.length < TEXT_CHARACTERS)
    text += random() < 0.2 ? `"${pick(notes, random)}"\n` : `${pick(notes, random)}. `;
  return text;
}
