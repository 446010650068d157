"""The bundled apartments: everything that plans name is there, stands free, and can be reached."""

from __future__ import annotations

import itertools
import math
from collections import deque

import numpy as np
import pytest

from envs.household import Blueprint, Household, Model, Pose, build_household, layout_names, load_blueprint
from envs.household.blueprint import DoorPlan, PlacePlan
from envs.household.models import build_model, model_names
from envs.household.navigation import OVERHEAD, REACH, NavigationGrid, blocks_the_way, navigation_grid
from plans import ACTIONS, Goal, Predicate

LAYOUTS = ("harbour", "maple", "terrace")
BODY = "robot"
# What resident scripts, ours and the official ones, call things besides what the actions name.
SCRIPT_NAMES = """chair sofa bed nightstand bench fridge stove tv faucet wallphone wallpictureframe mug book paper apple
breadslice cellphone toiletpaper radio pillow coffee basin computer armchair toilet""".split()  # fmt: skip
STATES = {"on", "off", "water", "coffee", "cooked", "raw", "hot", "chilled", "empty", "full"}
LANE = 0.6  # metres: every room must be reachable by something this wide, so that two people can pass in most places

Rectangle = list[tuple[float, float]]


def rectangle(pose: Pose, footprint: tuple[float, float]) -> Rectangle:
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [pose.world(sx * footprint[0] / 2, sy * footprint[1] / 2)[:2] for sx, sy in signs]


def gap(first: Rectangle, second: Rectangle) -> float:
    """Distance along the best separating axis; negative if the two overlap."""
    best = -math.inf
    for shape in (first, second):
        for (x0, y0), (x1, y1) in zip(shape, shape[1:] + shape[:1], strict=True):
            length = math.hypot(x1 - x0, y1 - y0)
            normal = ((y1 - y0) / length, (x0 - x1) / length)
            a = [normal[0] * x + normal[1] * y for x, y in first]
            b = [normal[0] * x + normal[1] * y for x, y in second]
            best = max(best, min(b) - max(a), min(a) - max(b))
    return best


def landing(door: DoorPlan) -> Rectangle:
    """The floor that must stay free around a door."""
    return rectangle(Pose(*door.at), (1.2, 1.2))


def resting_place(household: Household, place: PlacePlan) -> tuple[Pose, tuple[float, float], tuple[float, float]]:
    """World pose of an object at a place, its pose within the top (or container floor), and that top's size."""
    base = household.entities[place.on or place.inside or ""]
    if place.on is not None:
        surface = next(s for s in base.model.surfaces if place.part in (None, s.name))
        (x, y), z, size = surface.centre, surface.height, surface.size
    else:
        container = next(c for c in base.model.containers if place.part in (None, c.name))
        (x, y, z), size = container.position, container.size[:2]
    return base.pose.compose(Pose(x + place.at[0], y + place.at[1], z, place.heading)), place.at, (size[0], size[1])


def all_places(blueprint: Blueprint) -> list[tuple[str, str, int, PlacePlan]]:
    return [(item.name, item.category, number, place) for item in blueprint.objects for number, place in enumerate(item.places)]


@pytest.fixture(scope="module", params=LAYOUTS)
def household(request: pytest.FixtureRequest) -> Household:
    return build_household(request.param, 0)


def test_three_layouts_are_bundled() -> None:
    assert layout_names() == list(LAYOUTS)


def test_layouts_differ_in_plan_and_palette() -> None:
    plans = [load_blueprint(name) for name in LAYOUTS]
    assert len({tuple(sorted(room.bounds for room in plan.rooms)) for plan in plans}) == 3
    for room in ("bedroom", "kitchen", "bathroom", "living_room"):
        looks = {(found.floor, found.wall) for plan in plans for found in plan.rooms if found.name == room}
        assert len(looks) == 3, room
    sofas = {next(item.options["colour"] for item in plan.furniture if item.name == "bedroom_sofa") for plan in plans}
    assert len(sofas) == 3


# -- names ---------------------------------------------------------------------------------------------------------


def test_every_name_in_the_actions_is_in_the_house(household: Household) -> None:
    wanted = {name for action in ACTIONS.values() for step in action.program for name in step.objects}
    for action in ACTIONS.values():
        for goal in action.goals:
            wanted.add(goal.subject)
            if goal.target is not None and goal.predicate is not Predicate.CONTAINS:
                wanted.add(goal.target)
    missing = sorted(name for name in wanted - {BODY} if not household.find(name))
    assert not missing


def test_every_name_in_resident_scripts_is_in_the_house(household: Household) -> None:
    assert not [name for name in SCRIPT_NAMES if not household.find(name)]
    assert set(household.rooms) == {"bedroom", "kitchen", "bathroom", "living_room"}


def test_roles_mean_one_thing_in_the_right_room(household: Household) -> None:
    roles = {
        "bed": "bedroom", "bedroom_sofa": "bedroom", "sofa": "bedroom", "bedroom_chair": "bedroom", "chair": "bedroom",
        "nightstand": "bedroom", "bedroomtable": "bedroom", "bedroom_tablelamp": "bedroom", "computer": "bedroom",
        "bookshelf": "bedroom", "tv": "bedroom", "kitchentable": "kitchen", "kitchen_bench": "kitchen", "bench": "kitchen",
        "kitchen_faucet": "kitchen", "stove": "kitchen", "microwave": "kitchen", "fridge": "kitchen",
        "coffeemaker": "kitchen", "bathroom_faucet": "bathroom", "bathroom_lights": "bathroom",
    }  # fmt: skip
    for name, room in roles.items():
        (found,) = household.find(name)
        assert household.entities[found].room == room, name
    assert sorted(household.find("faucet")) == ["bathroom_faucet", "kitchen_faucet"]
    for category in ("mug", "apple", "paper", "book", "breadslice", "pillow"):
        assert len(household.find(category)) >= 2, category


def test_things_can_do_what_the_actions_ask(household: Household) -> None:
    def model(name: str) -> Model:
        return household.entities[household.find(name)[0]].model

    for action in ACTIONS.values():
        for step in action.program:
            verb, names = step.primitive.value, step.objects
            if verb in ("SwitchOn", "SwitchOff"):
                assert model(names[0]).switchable, names
            elif verb in ("Open", "Close"):
                assert model(names[0]).joints, names
            elif verb == "Grab":
                assert model(names[0]).portable, names
            elif verb == "Fill":
                assert model(names[0]).holds_liquid, names
                assert model(names[1]).fills == ("coffee" if names[1] == "coffeemaker" else "water")
            elif verb == "Cook":
                assert model(names[1]).cooks, names
            elif verb == "Sit":
                assert model(names[0]).seats, names
            elif verb == "Put":
                assert model(names[1]).surfaces, names
            elif verb == "PutIn":
                assert model(names[1]).containers, names
    assert model("fridge").chills
    assert model("chicken").cookable
    assert len(model("bedroom_sofa").seats) == 3
    assert len(model("bed").seats) >= 2
    assert len(model("kitchen_bench").seats) >= 2


def test_both_tables_are_roomy_and_bare(household: Household) -> None:
    for name in ("bedroomtable", "kitchentable"):
        table = household.entities[household.find(name)[0]]
        assert min(table.model.footprint) >= 0.6 and max(table.model.footprint) >= 1.0
        standing = [item.on for item in household.blueprint.furniture]
        assert table.name not in standing
    assert not [name for name, _, _, place in all_places(household.blueprint) if place.on == "bedroom_table"]


# -- room to move --------------------------------------------------------------------------------------------------


def test_rooms_tile_an_apartment_of_sixty_to_eighty_square_metres(household: Household) -> None:
    bounds = [room.bounds for room in household.blueprint.rooms]
    area = sum((east - west) * (north - south) for west, south, east, north in bounds)
    assert 60 <= area <= 80
    for (w1, s1, e1, n1), (w2, s2, e2, n2) in itertools.combinations(bounds, 2):
        assert min(e1, e2) - max(w1, w2) <= 1e-9 or min(n1, n2) - max(s1, s2) <= 1e-9
    bedroom = household.rooms["bedroom"].bounds
    assert (bedroom[2] - bedroom[0]) * (bedroom[3] - bedroom[1]) >= 20


def test_doors_lie_on_shared_walls_and_join_all_rooms(household: Household) -> None:
    neighbours: dict[str, set[str]] = {name: set() for name in household.rooms}
    for door in household.doors:
        assert door.width >= 0.9
        x, y = door.at
        for name in door.rooms:
            west, south, east, north = household.rooms[name].bounds
            half = door.width / 2
            upright = x in (west, east) and south <= y - half and y + half <= north
            level = y in (south, north) and west <= x - half and x + half <= east
            assert upright or level, (door.rooms, name)
        first, second = door.rooms
        neighbours[first].add(second)
        neighbours[second].add(first)
    seen, waiting = {"bedroom"}, deque(["bedroom"])
    while waiting:
        for room in neighbours[waiting.popleft()] - seen:
            seen.add(room)
            waiting.append(room)
    assert seen == set(household.rooms)


def test_windows_are_in_outer_walls_and_clear_of_each_other(household: Household) -> None:
    for window in household.blueprint.windows:
        x, y = window.at
        west, south, east, north = household.rooms[window.room].bounds
        assert x in (west, east) or y in (south, north), window
        step = 0.1
        outside = {(west, None): (x - step, y), (east, None): (x + step, y)}.get((x, None))
        if outside is None:
            outside = (x, y - step) if y == south else (x, y + step)
        assert household.room_at(*outside) is None, window
        assert window.sill + window.height < household.blueprint.wall_height - 0.2


def test_furniture_stands_free(household: Household) -> None:
    standing = [entity for entity in household.entities.values() if blocks_the_way(entity)]
    shapes = {entity.name: rectangle(entity.pose, entity.model.footprint) for entity in standing}
    overlaps = [(a, b) for a, b in itertools.combinations(shapes, 2) if gap(shapes[a], shapes[b]) < 0]
    assert not overlaps
    for entity in standing:
        west, south, east, north = household.rooms[entity.room].bounds
        for x, y in shapes[entity.name]:
            assert west + 0.05 <= x <= east - 0.05 and south + 0.05 <= y <= north - 0.05, entity.name
        for door in household.doors:
            assert gap(shapes[entity.name], landing(door)) >= 0, (entity.name, door.rooms)


def test_what_hangs_on_walls_stays_inside_its_room(household: Household) -> None:
    for entity in household.entities.values():
        if entity.portable:
            continue
        west, south, east, north = household.rooms[entity.room].bounds
        joints = {joint.name: joint for joint in entity.model.joints}
        for part in entity.model.parts:
            vertices = np.array(part.vertices)
            if part.joint is not None:  # a wide open door does not cut into the wall either
                joint = joints[part.joint]
                angle = math.radians(joint.opening)
                x, y = vertices[:, 0] - joint.anchor[0], vertices[:, 1] - joint.anchor[1]
                vertices[:, 0] = joint.anchor[0] + math.cos(angle) * x - math.sin(angle) * y
                vertices[:, 1] = joint.anchor[1] + math.sin(angle) * x + math.cos(angle) * y
            points = np.array([entity.pose.world(*vertex) for vertex in vertices])
            assert points[:, 0].min() >= west - 1e-3 and points[:, 0].max() <= east + 1e-3, entity.name
            assert points[:, 1].min() >= south - 1e-3 and points[:, 1].max() <= north + 1e-3, entity.name
            assert points[:, 2].min() >= -5e-3 and points[:, 2].max() <= household.blueprint.wall_height + 1e-3, entity.name


def test_a_broad_body_gets_into_every_room(household: Household) -> None:
    grid = NavigationGrid(household, radius=LANE / 2)
    for room in household.rooms:
        centre = grid.room_centre(room)
        assert centre is not None, room
        west, south, east, north = household.rooms[room].bounds
        middle = ((west + east) / 2, (south + north) / 2)
        assert math.dist(centre, middle) < 1.2, room


def test_bodies_start_on_free_floor_apart_from_each_other(household: Household) -> None:
    grid = navigation_grid(household)
    assert len(household.blueprint.starts) >= 3
    for start in household.blueprint.starts:
        assert grid.is_free(start.robot[:2]) and grid.is_free(start.resident[:2])
        assert math.dist(start.robot[:2], start.resident[:2]) > 1.0


def test_everything_that_is_worked_can_be_approached(household: Household) -> None:
    grid = navigation_grid(household)
    for entity in household.entities.values():
        model = entity.model
        if entity.portable or not (model.switchable or model.joints or model.fills or model.seats or model.containers):
            continue
        half = (model.footprint[0] / 2, model.footprint[1] / 2)
        point = grid.standing_point((entity.pose.x, entity.pose.y), entity.pose, half, entity.room, around=bool(model.seats))
        assert point is not None, entity.name


def test_every_seat_can_be_reached(household: Household) -> None:
    grid = navigation_grid(household)
    free = np.argwhere(grid.free) * grid.resolution + grid.resolution / 2
    west = min(room.bounds[0] for room in household.blueprint.rooms)
    south = min(room.bounds[1] for room in household.blueprint.rooms)
    for entity in household.entities.values():
        for seat in entity.model.seats:
            x, y, z = entity.pose.world(*seat.position)
            away = np.hypot(free[:, 0] + west - x, free[:, 1] + south - y).min()
            assert away <= 0.9, (entity.name, seat.name)
            assert 0.3 <= z <= 0.6


# -- objects -------------------------------------------------------------------------------------------------------


def test_objects_rest_within_their_tops_at_a_height_a_hand_reaches(household: Household) -> None:
    grid = navigation_grid(household)
    models = {item.name: build_model(item.model, **item.options) for item in household.blueprint.objects}
    for name, _, number, place in all_places(household.blueprint):
        pose, at, size = resting_place(household, place)
        for x, y in rectangle(Pose(at[0], at[1], 0.0, place.heading), models[name].footprint):
            assert abs(x) <= size[0] / 2 + 1e-3 and abs(y) <= size[1] / 2 + 1e-3, (name, number)
        assert 0.3 <= pose.z <= 1.6, (name, number)
        base = household.entities[place.on or place.inside or ""]
        half = (base.model.footprint[0] / 2, base.model.footprint[1] / 2)
        frame, room = base.pose, base.room
        stand = grid.standing_point((pose.x, pose.y), frame, half, room, reach=REACH)
        assert stand is not None, (name, number)


def test_no_two_things_can_start_in_the_same_spot(household: Household) -> None:
    # Places that are equal are shared: whoever comes first takes them, so they cannot clash.
    spots: dict[str, list[tuple[str, PlacePlan | None, Pose, tuple[float, float]]]] = {}
    for entity in household.entities.values():
        if not entity.portable and entity.on is not None:
            spots.setdefault(entity.on, []).append((entity.name, None, entity.pose, entity.model.footprint))
    models = {item.name: build_model(item.model, **item.options) for item in household.blueprint.objects}
    for name, _, _, place in all_places(household.blueprint):
        pose, _, _ = resting_place(household, place)
        shared = place.model_copy(update={"heading": 0.0})
        spots.setdefault(place.on or place.inside or "", []).append((name, shared, pose, models[name].footprint))
    for base, things in spots.items():
        for (name, here, pose, size), (other, there, other_pose, other_size) in itertools.combinations(things, 2):
            if name == other or (here is not None and here == there) or abs(pose.z - other_pose.z) > 0.2:
                continue
            assert gap(rectangle(pose, size), rectangle(other_pose, other_size)) >= -1e-3, (base, name, other)


def test_shared_spots_are_taken_once(household: Household) -> None:
    for seed in range(40):
        house = build_household(household.layout, seed)
        poses = [(entity.pose.x, entity.pose.y, entity.pose.z) for entity in house.entities.values() if entity.portable]
        assert len(set(poses)) == len(poses), seed


def test_company_always_finds_two_free_seats(household: Household) -> None:
    for seed in range(40):
        house = build_household(household.layout, seed)
        for name in ("bed", "bedroom_sofa", "kitchen_bench"):
            furniture = house.entities[name]
            seats = [furniture.pose.world(*seat.position) for seat in furniture.model.seats]
            things = [entity.pose for entity in house.entities.values() if entity.on == name and entity.portable]
            free = [seat for seat in seats if all(math.dist(seat[:2], (thing.x, thing.y)) > 0.3 for thing in things)]
            assert len(free) >= 2, (name, seed)


def test_no_start_place_does_an_action_s_work(household: Household) -> None:
    def may_start(goal: Goal) -> bool:
        subjects, targets = household.find(goal.subject), household.find(goal.target or "")
        for name, _, _, place in all_places(household.blueprint):
            if name in subjects and (place.on if goal.predicate is Predicate.ON else place.inside) in targets:
                return True
        return False

    for action in ACTIONS.values():
        for goal in action.goals:
            if goal.predicate in (Predicate.ON, Predicate.INSIDE):
                assert not may_start(goal), (action.name, str(goal))
            elif goal.predicate is Predicate.POWERED:
                assert not any(household.entities[name].switched_on for name in household.find(goal.subject)), action.name
    lit = {name for name, entity in household.entities.items() if entity.switched_on}
    assert lit == {"bedroom_tablelamp", "bathroom_lights"}


def test_seeds_move_things_about(household: Household) -> None:
    houses = [build_household(household.layout, seed) for seed in range(30)]
    for name in ("radio", "cellphone", "book_1", "mug_1", "box", "apple_1", "paper_1", "folder"):
        assert len({house.entities[name].on or house.entities[name].inside for house in houses}) >= 3, name
    assert len({house.starts["resident"] for house in houses}) >= 3
    fixed = [entity for entity in household.entities.values() if not entity.portable]
    assert all(house.entities[entity.name] == entity for house in houses for entity in fixed)


def test_the_same_seed_makes_the_same_household(household: Household) -> None:
    again = build_household.__wrapped__(household.layout, household.seed)
    assert again is not household
    assert again.entities == household.entities and again.starts == household.starts


def test_whole_house_is_light_enough_to_draw_in_software(household: Household) -> None:
    triangles = sum(len(part.faces) for entity in household.entities.values() for part in entity.model.parts)
    assert triangles < 40_000


# -- models --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", model_names())
def test_model_is_sound(name: str) -> None:
    model = build_model(name)
    assert model.name == name and build_model(name) is model
    states = {part.shown for part in model.parts} - {None}
    assert states <= STATES
    if model.switchable:
        assert "on" in states
    if model.holds_liquid:
        assert {"water", "hot", "chilled"} <= states
    if model.cookable:
        assert {"raw", "cooked"} <= states
    joints = {joint.name for joint in model.joints}
    assert {part.joint for part in model.parts} - {None} == joints
    assert {container.joint for container in model.containers} - {None} <= joints
    for part in model.parts:
        faces, vertices = np.array(part.faces), np.array(part.vertices)
        assert faces.min() >= 0 and faces.max() < len(vertices)
        corners = vertices[faces]
        areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
        assert (areas > 1e-9).mean() > 0.95, "mostly slivers"
        assert len(faces) <= 500


@pytest.mark.parametrize("name", model_names())
def test_footprint_covers_what_stands_on_the_ground(name: str) -> None:
    model = build_model(name)
    if model.height <= 0.0 or model.walkable:
        return  # hangs
    visible = [part for part in model.parts if part.shown in (None, "off", "raw") and part.joint is None]
    points = np.concatenate([part.vertices for part in visible])
    low = points[points[:, 2] < min(OVERHEAD, 0.5 * model.height)]
    extent = np.abs(low[:, :2]).max(axis=0)
    assert extent[0] <= model.footprint[0] / 2 + 0.1 and extent[1] <= model.footprint[1] / 2 + 0.1
    assert points[:, 2].min() == pytest.approx(0.0, abs=0.02)
    for surface in model.surfaces:
        assert abs(surface.centre[0]) + surface.size[0] / 2 <= model.footprint[0] / 2 + 1e-6
        assert abs(surface.centre[1]) + surface.size[1] / 2 <= model.footprint[1] / 2 + 1e-6


@pytest.mark.parametrize("hinge", ["left", "right"])
def test_fridge_door_swings_out_to_the_front(hinge: str) -> None:
    fridge = build_model("fridge", hinge=hinge)
    (joint,) = fridge.joints
    angle = math.radians(joint.opening)
    door = np.concatenate([part.vertices for part in fridge.parts if part.joint == joint.name]) - joint.anchor
    opened = door[:, 0] * math.cos(angle) - door[:, 1] * math.sin(angle) + joint.anchor[0]
    assert opened.max() > fridge.footprint[0] / 2 + 0.4
    assert fridge.containers[0].joint == joint.name


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'sofa'"):
        build_model("sofaa")
    with pytest.raises(ValueError, match="expected options among colour"):
        build_model("sofa", color="sage")
    with pytest.raises(ValueError, match="did you mean 'mustard'"):
        build_model("mug", colour="mustrad")
    with pytest.raises(ValueError, match="expected a layout among harbour, maple, terrace"):
        load_blueprint("cottage")


def test_colour_option_changes_the_look_only() -> None:
    red, blue = build_model("sofa", colour="red"), build_model("sofa", colour="navy")
    assert red.parts != blue.parts
    assert red.seats == blue.seats and red.surfaces == blue.surfaces and red.footprint == blue.footprint
