-- What content knows of other services, fed from the bus.

-- One row per issued plan: the words that an item under it may use.
CREATE TABLE IF NOT EXISTS plan (
  id        text   PRIMARY KEY,
  number    text   NOT NULL,
  themes    text[] NOT NULL,
  audiences text[] NOT NULL,
  channels  text[] NOT NULL
);

CREATE TABLE IF NOT EXISTS plan_item (
  id           text   PRIMARY KEY,
  plan         text   NOT NULL REFERENCES plan,
  theme        text   NOT NULL,
  audiences    text[] NOT NULL,
  channels     text[] NOT NULL,
  lead         text   NOT NULL,
  coordinators text[] NOT NULL
);

-- Which dossier carries a content.
CREATE TABLE IF NOT EXISTS dossier (
  content text PRIMARY KEY,
  id      text NOT NULL
);
