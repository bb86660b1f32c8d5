import { useState } from "preact/hooks";
import type { AdminUser } from "../../../protocol/admin.ts";
import { Button } from "../../design/button.tsx";
import { Select } from "../../design/select.tsx";
import { adminTexts } from "../../texts/admin/texts.ts";
import { useLoad } from "../base/load.ts";
import { route, setQuery } from "../base/routing.ts";
import { Moment } from "../parts/moment.tsx";
import { Body, Page } from "../parts/page.tsx";
import { Pager, pageOf } from "../parts/pager.tsx";
import { Badges, Person } from "../parts/person.tsx";
import { SearchBox } from "../parts/search-box.tsx";
import { AddPerson } from "./add.tsx";

const SIZE = 50;
const REFRESH_MS = 20_000;
const { users: texts } = adminTexts;

/** The query of each filter, by the name of the filter in the address. */
const FILTERS: Record<string, string> = {
  "": "",
  active: "&active=true",
  deactivated: "&active=false",
  superusers: "&superuser=true",
};

export function Users() {
  const { query } = route.value;
  const [search, page, filter] = [query.get("search") ?? "", pageOf(query), query.get("show") ?? ""];
  const asked = `search=${encodeURIComponent(search)}${FILTERS[filter] ?? ""}&limit=${SIZE}&offset=${page * SIZE}`;
  const loaded = useLoad<AdminUser[]>(`users/?${asked}`, REFRESH_MS);
  const [isAdding, setAdding] = useState(false);
  return (
    <Page
      title={adminTexts.views.users}
      tools={
        <Button kind="primary" icon="user-add" onClick={() => setAdding(true)}>
          {texts.add.label}
        </Button>
      }
    >
      {isAdding && <AddPerson onClose={() => setAdding(false)} onAdded={loaded.reload} />}
      <div class="filters">
        <SearchBox label={texts.search} value={search} />
        <Select
          label={texts.show}
          value={filter}
          options={Object.keys(FILTERS).map((value) => ({ value, label: texts.filters[value] ?? value }))}
          onChange={(show) => setQuery({ show, page: "" })}
        />
      </div>
      <Body loaded={loaded}>
        {(users) => (
          <>
            {users.length === 0 ? <p class="empty">{adminTexts.nothing}</p> : <Table users={users} />}
            <Pager page={page} size={SIZE} meta={loaded.answer?.meta} />
          </>
        )}
      </Body>
    </Page>
  );
}

function Table({ users }: { users: AdminUser[] }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th>{texts.person}</th>
          <th>
            <span class="visually-hidden">{texts.state}</span>
          </th>
          <th class="wide">{texts.lastSeen}</th>
          <th class="wide">{texts.joined}</th>
        </tr>
      </thead>
      <tbody>
        {users.map((user) => (
          <tr key={user.id} class={user.is_active ? undefined : "row-off"}>
            <td>
              <Person user={user} />
            </td>
            <td>
              <Badges user={user} />
            </td>
            <td class="wide">
              <Moment at={user.last_seen} ago />
            </td>
            <td class="wide">
              <Moment at={user.date_joined} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
